"""The custom action server: one module per topic, one action per thing to do."""
