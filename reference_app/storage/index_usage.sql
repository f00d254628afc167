-- How the secondary indexes are used, since the statistics were last reset: one row for each, unused ones first.
-- Indexes that back a key or a constraint are left out: they are there for correctness, used or not.
SELECT i.indexrelid::regclass::text AS index_name,
       i.indrelid::regclass::text AS table_name,
       CASE WHEN NOT i.indisvalid THEN 'invalid'
            WHEN s.idx_scan = 0 THEN 'unused'
            ELSE 'used' END AS state,
       s.idx_scan AS scan_count,
       s.idx_tup_read AS entry_count,
       pg_relation_size(i.indexrelid) AS size_bytes,
       -- NULL until a block was asked for.
       round(io.idx_blks_hit / nullif(io.idx_blks_hit + io.idx_blks_read, 0)::numeric, 4) AS hit_ratio
  FROM pg_index i
  JOIN pg_class c ON c.oid = i.indrelid AND c.relnamespace = 'public'::regnamespace
  JOIN pg_stat_user_indexes s ON s.indexrelid = i.indexrelid
  JOIN pg_statio_user_indexes io ON io.indexrelid = i.indexrelid
 WHERE NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conindid = i.indexrelid)
 ORDER BY i.indisvalid AND s.idx_scan > 0, size_bytes DESC, index_name;
