-- Three roles for chartctl, each with the privileges that its work needs:
--
--   chartctl_owner   creates and alters the tables: chartctl migrate, and clean --keep-history
--   chartctl_daily   every other command; it can alter neither a table's definition nor the audit log
--   chartctl_reader  reads the view training_chart_data and nothing else: for training
--
-- Plain SQL. Run it as a superuser, or as a role that owns the database, may create roles and is a member of the owner
-- of rolling_chart_data if that table existed before chartctl:
--
--   psql --set ON_ERROR_STOP=1 --file roles.sql postgres://ADMIN@HOST/DATABASE
--
-- Run it before the first "chartctl migrate" and after each one; running it again changes nothing. Then set a password
-- for each role ("\password chartctl_daily" in psql). The tables are in the first schema of the search_path. Roles
-- belong to the whole server, their grants to this database.

DO $$
DECLARE
  name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['chartctl_owner', 'chartctl_daily', 'chartctl_reader'] LOOP
    IF NOT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = name) THEN
      EXECUTE format('CREATE ROLE %I LOGIN', name);
    END IF;
  END LOOP;
  -- without superuser rights, the default privileges below need membership in the owner's role
  IF NOT pg_has_role('chartctl_owner', 'USAGE') THEN
    EXECUTE format('GRANT chartctl_owner TO %I', current_user);
  END IF;
END $$;

-- The database and the schema. Large updates and undo use temporary tables.
DO $$
BEGIN
  EXECUTE format('GRANT CONNECT ON DATABASE %I TO chartctl_owner, chartctl_daily, chartctl_reader', current_database());
  EXECUTE format('GRANT TEMPORARY ON DATABASE %I TO chartctl_daily', current_database());
  EXECUTE format('GRANT USAGE ON SCHEMA %I TO chartctl_owner, chartctl_daily, chartctl_reader', current_schema());
  EXECUTE format('GRANT CREATE ON SCHEMA %I TO chartctl_owner', current_schema());
  -- a table that a later migration adds is usable at once, so that no job fails until this script runs again
  EXECUTE format('ALTER DEFAULT PRIVILEGES FOR ROLE chartctl_owner IN SCHEMA %I '
    'GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO chartctl_daily', current_schema());
END $$;

-- Each existing table, also an adopted one that the platform owns. Other privileges of chartctl_daily are revoked.
DO $$
DECLARE
  name text;
  rights text;
BEGIN
  FOR name, rights IN VALUES
    ('rolling_chart_data', 'SELECT, INSERT, UPDATE, DELETE'),
    ('training_chart_data', 'SELECT'),
    ('chartctl_jobs', 'SELECT, INSERT, UPDATE'),
    ('chartctl_changes', 'SELECT, INSERT'),
    ('chartctl_inserts', 'SELECT, INSERT'),
    ('chartctl_flags', 'SELECT, INSERT, UPDATE, DELETE'),
    ('chartctl_gaps', 'SELECT, INSERT, UPDATE, DELETE'),
    ('chartctl_trainings', 'SELECT, INSERT'),
    ('chartctl_throttle', 'SELECT, INSERT, UPDATE'),
    ('chartctl_symbols', 'SELECT, INSERT, DELETE'),
    ('chartctl_archive_files', 'SELECT, INSERT'),
    ('chartctl_migrations', 'SELECT'),
    ('chartctl_migrations_lock', NULL)
  LOOP
    CONTINUE WHEN to_regclass(format('%I.%I', current_schema(), name)) IS NULL;
    EXECUTE format('REVOKE ALL ON %I.%I FROM chartctl_daily, chartctl_reader', current_schema(), name);
    CONTINUE WHEN rights IS NULL;
    EXECUTE format('GRANT %s ON %I.%I TO chartctl_daily', rights, current_schema(), name);
  END LOOP;
  IF to_regclass(format('%I.training_chart_data', current_schema())) IS NOT NULL THEN
    EXECUTE format('GRANT SELECT ON %I.training_chart_data TO chartctl_reader', current_schema());
  END IF;
END $$;

-- An adopted table may have serial columns; an INSERT needs their sequences.
DO $$
DECLARE
  counter regclass;
BEGIN
  FOR counter IN
    SELECT s.oid FROM pg_depend d JOIN pg_class s ON s.oid = d.objid AND s.relkind = 'S'
    WHERE d.refobjid = to_regclass(format('%I.rolling_chart_data', current_schema())) AND d.deptype = 'a'
  LOOP
    EXECUTE format('GRANT USAGE ON SEQUENCE %s TO chartctl_daily', counter);
  END LOOP;
END $$;
