-- Three roles for chartctl, each of which may do no more than its work needs:
--
--   chartctl_owner   makes the tables and changes them: chartctl migrate, and what forgets the audit
--   chartctl_daily   every other command; it can neither change a table's definition nor the audit of what it did
--   chartctl_reader  reads the view training_chart_data and nothing else: for who trains models
--
-- Plain SQL, to be run by a superuser, or by a role that owns the database, may create roles and, where the platform
-- made rolling_chart_data, is a member of the role that owns it:
--
--   psql --set ON_ERROR_STOP=1 --file roles.sql postgres://ADMIN@HOST/DATABASE
--
-- Run it before the first "chartctl migrate" and after each one; again and again it changes nothing. Then give each
-- role a password ("\password chartctl_daily" in psql). The tables are looked for, and made, in the first schema of
-- the search_path. Roles belong to the whole server, their grants to this database.

DO $$
DECLARE
  name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['chartctl_owner', 'chartctl_daily', 'chartctl_reader'] LOOP
    IF NOT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = name) THEN
      EXECUTE format('CREATE ROLE %I LOGIN', name);
    END IF;
  END LOOP;
  -- who is no superuser may speak for the owner only as its member
  IF NOT pg_has_role('chartctl_owner', 'USAGE') THEN
    EXECUTE format('GRANT chartctl_owner TO %I', current_user);
  END IF;
END $$;

-- The database and the schema. Large updates and undo stage rows in temporary tables.
DO $$
BEGIN
  EXECUTE format('GRANT CONNECT ON DATABASE %I TO chartctl_owner, chartctl_daily, chartctl_reader', current_database());
  EXECUTE format('GRANT TEMPORARY ON DATABASE %I TO chartctl_daily', current_database());
  EXECUTE format('GRANT USAGE ON SCHEMA %I TO chartctl_owner, chartctl_daily, chartctl_reader', current_schema());
  EXECUTE format('GRANT CREATE ON SCHEMA %I TO chartctl_owner', current_schema());
  -- until this script runs again, a table that a migration adds may be used in full: no job fails for want of it
  EXECUTE format('ALTER DEFAULT PRIVILEGES FOR ROLE chartctl_owner IN SCHEMA %I '
    'GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO chartctl_daily', current_schema());
END $$;

-- Each table that is there, also one that the platform made and owns. What chartctl_daily had beyond this is taken back.
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

-- A table of the platform's may number its rows by a sequence (serial), which whoever inserts must be able to use.
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
