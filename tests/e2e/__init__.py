"""Runs a real Home Assistant: for the end-to-end tests, the demo and the screenshots."""
