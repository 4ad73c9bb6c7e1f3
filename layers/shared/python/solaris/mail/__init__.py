"""Mail: rendering (jinja2, pt-BR and en) and sending (SES or SMTP)."""
