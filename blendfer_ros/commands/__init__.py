"""The sub-commands of `blendfer`, each with its parser and what it runs."""
