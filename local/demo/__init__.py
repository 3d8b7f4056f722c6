"""The demo: an order, a picture and a message on the local stack."""
