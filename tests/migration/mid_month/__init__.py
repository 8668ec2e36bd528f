"""Half a month of each scenario, as commit 6e54738 left it: what every later version is held against."""
