"""Alerts delivered to webhooks, Microsoft Teams and Slack, beside the mails."""
