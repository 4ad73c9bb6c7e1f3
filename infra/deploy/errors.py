"""The one error of a deployment: a line that says what is wrong and what to do."""


class DeployError(Exception):
    """A deployment cannot begin or go on; the message is shown as it stands, on one line."""
