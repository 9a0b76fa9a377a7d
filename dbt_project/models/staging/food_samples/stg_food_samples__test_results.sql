-- One row per sample and test item.
{{ stage('food_samples', 'test_results') }}
