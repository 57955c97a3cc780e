"""What is handed to customers on paper: drawn, kept, and given out by links that end."""
