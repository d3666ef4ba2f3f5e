"""Commands of ``tapak``, one file each; ``field_client.main`` loads only the one that is run."""
