"""The custom action server: one module per topic, one action per thing to do."""

# Without its guard rasa-sdk would serve these actions to anyone; with this import it doesn't start.
import rasa_sdk_plugins  # noqa: F401
