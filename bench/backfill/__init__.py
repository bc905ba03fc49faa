"""Five million minute bars from a fake vendor: fetched, checked and stored."""
