"""Copies of held media: pictures proposed by local points and proved by pixels, parts of films in other films."""
