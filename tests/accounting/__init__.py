"""Tests of the accounting."""
