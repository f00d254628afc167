-- Tables that are still read from end to end, since the statistics were last reset: the most rows first.
SELECT s.relid::regclass::text AS table_name,
       s.seq_scan AS scan_count,
       s.seq_tup_read AS row_count,
       pg_table_size(s.relid) AS size_bytes,
       round(s.idx_scan / nullif(s.seq_scan + s.idx_scan, 0)::numeric, 4) AS index_share
  FROM pg_stat_user_tables s
 WHERE s.schemaname = 'public' AND s.seq_scan > 0
 ORDER BY row_count DESC, table_name;
