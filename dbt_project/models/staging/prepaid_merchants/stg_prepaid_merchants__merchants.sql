-- One row per merchant.
{{ stage('prepaid_merchants', 'merchants') }}
