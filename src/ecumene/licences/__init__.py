"""Where service is allowed: dated records per country, and what they say on a day."""
