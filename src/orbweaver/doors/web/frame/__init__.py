"""What the pages of every room share: access, wording, language, navigation, error pages."""
