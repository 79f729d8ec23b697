"""The steps of the penguins flow."""
