"""What may be declared beside a ledger, metrics and labels: checked before a night begins."""
