"""How fast and how large Tapak is, each figure beside the limit of the same run."""
