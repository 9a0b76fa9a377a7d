"""The dictionary: a page per indicator in Chinese and in English, from a release's catalogue."""
