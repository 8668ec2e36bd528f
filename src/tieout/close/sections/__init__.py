"""What each section of the printed close reads, and how it is written."""
