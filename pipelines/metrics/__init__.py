"""What an indicator's declaration must say, checked before a night begins."""
