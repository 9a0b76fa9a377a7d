-- One row per application.
{{ stage('ccc_exemptions', 'applications') }}
