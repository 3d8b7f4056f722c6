"""The front door of the laptop edition: the template's API, served as API Gateway serves it."""
