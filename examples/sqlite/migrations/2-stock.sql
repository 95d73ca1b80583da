INSERT INTO books
WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 100000)
SELECT 'book ' || n, 1 FROM numbers;
CREATE UNIQUE INDEX titles ON books (title);
