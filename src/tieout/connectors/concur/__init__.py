"""SAP Concur: approved expense reports with their entries."""
