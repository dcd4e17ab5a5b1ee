"""What the integration costs, measured beside the alternatives."""
