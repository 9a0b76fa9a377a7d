"""What is declared beside a ledger, metrics and labels: what it must say, checked before a night."""
