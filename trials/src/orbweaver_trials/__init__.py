"""What one tries and measures Orbweaver with: the demonstration and the benchmarks."""
