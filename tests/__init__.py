"""Tests of the GoAPI integration."""
