"""Quality: gates, quarantine, incidents, alerts. What stops bad data before a report can use it."""
