"""The local gateway: it serves the template's API as API Gateway would."""
