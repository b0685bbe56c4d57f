"""The species reference: names taken apart, what people type matched, and the table as data."""
