"""What plug-ins and tests share: a contract suite for each extension point."""
