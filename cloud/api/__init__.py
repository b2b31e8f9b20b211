"""The door for programs: HTTP under /api/v1, every route with its permission, every answer within the scope."""
