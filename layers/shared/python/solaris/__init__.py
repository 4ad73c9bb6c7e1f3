"""IA SOLARIS: the code that the functions share: a layer in Lambda, installed locally."""

__version__ = "0.1.0"
