"""Ways to make a period look closed, each planted in a month of its own: `make campaign-closes`."""
