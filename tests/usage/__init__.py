"""Tests of what models used."""
