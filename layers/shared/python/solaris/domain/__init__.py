"""Pure rules: no AWS, no HTTP, no clock, no environment. The time is always passed in."""
