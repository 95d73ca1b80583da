CREATE TABLE books (title TEXT NOT NULL, copies INTEGER NOT NULL CHECK (copies >= 0));
