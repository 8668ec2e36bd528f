"""Operations: what people and stages do with an open project, across rooms."""
