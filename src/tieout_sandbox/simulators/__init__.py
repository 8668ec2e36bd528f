"""Simulators: one for each connector whose system speaks over a wire or leaves files, named as its connector."""
