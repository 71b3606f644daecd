"""What is run beside the program: what writes pages, translations and the example, and what checks them."""
