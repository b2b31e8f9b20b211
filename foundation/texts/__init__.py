"""Every sentence a person reads, in Chinese and English; code and edge speak in keys."""

from foundation.texts.catalogue import LANGUAGES, Language, Texts, load_texts

__all__ = ["LANGUAGES", "Language", "Texts", "load_texts"]
