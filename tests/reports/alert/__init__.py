"""Alerts: their texts, in both languages."""
