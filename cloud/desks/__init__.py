"""What the doors for people do when somebody asks: permission, scope, rules, audit, change, wake."""
