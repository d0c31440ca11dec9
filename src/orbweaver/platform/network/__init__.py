"""Addresses and URLs: normal forms, what is safe to dial, what is safe to show."""
