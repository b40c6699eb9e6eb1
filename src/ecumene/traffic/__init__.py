"""Who wants how much, and when: subscribers, the daily curve, the places to follow."""
